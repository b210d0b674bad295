//! The lab's API in Rust as a WASI program in the CGI convention.
// SPDX-License-Identifier: Apache-2.0
mod items;

use std::env;
use std::io::{self, Read, Write};

use serde::Serialize;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn send<T: Serialize>(status: u16, fields: &str, value: &T) -> io::Result<()> {
    let body = serde_json::to_vec(value)?;
    let mut out = io::stdout().lock();
    write!(out, "Status: {status}\nContent-Type: application/json\n{fields}\n")?;
    out.write_all(&body)?;
    out.flush()
}

fn list() -> io::Result<()> {
    let query = variable("QUERY_STRING");
    let n = query.split('&').find_map(|pair| pair.strip_prefix("n="));
    match n.filter(|text| !text.is_empty()).and_then(items::read_n) {
        Some(n) => send(200, "", &items::list(n)),
        None => send(400, "", &items::BAD_N),
    }
}

fn summarize() -> io::Result<()> {
    let size = variable("CONTENT_LENGTH").parse().unwrap_or(0);
    let mut body = Vec::with_capacity(size);
    io::stdin().lock().read_to_end(&mut body)?;
    match serde_json::from_slice::<items::Order>(&body) {
        Ok(order) => match items::summarize(&order) {
            Some(summary) => send(200, "", &summary),
            None => send(422, "", &items::BAD_ITEMS),
        },
        Err(why) if why.is_data() => send(422, "", &items::BAD_ITEMS),
        Err(_) => send(400, "", &items::BAD_JSON),
    }
}

fn main() -> io::Result<()> {
    if variable("PATH_INFO") != "/items" {
        return send(404, "", &items::NOT_FOUND);
    }
    match variable("REQUEST_METHOD").as_str() {
        "GET" => list(),
        "POST" => summarize(),
        _ => send(405, "Allow: GET, POST\n", &items::BAD_METHOD),
    }
}
