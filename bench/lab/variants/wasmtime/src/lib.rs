//! The lab's API in Rust as a component for wasi:http, which `wasmtime serve`
//! takes. The same items.rs as the WASI program.
// SPDX-License-Identifier: Apache-2.0
#[path = "../../rust/src/items.rs"]
mod items;

use std::io::{self, Read, Write};

use serde::Serialize;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Items;

fn send<T: Serialize>(out: ResponseOutparam, status: u16, fields: &[(&str, &str)], value: &T) {
    let content = serde_json::to_vec(value).expect("the API's values can be written");
    let size = content.len().to_string();
    let headers = Fields::new();
    let own = [("Content-Type", "application/json"), ("Content-Length", &size)];
    for (name, field) in own.iter().chain(fields) {
        headers.append(name, field.as_bytes()).expect("a good field");
    }
    let response = OutgoingResponse::new(headers);
    response.set_status_code(status).expect("a good status");
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    let mut stream = body.write().expect("the stream is taken once");
    // A client that has gone away is no fault of ours.
    let _ = stream.write_all(&content).and_then(|()| Write::flush(&mut stream));
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

fn list(out: ResponseOutparam, query: &str) {
    let n = query.split('&').find_map(|pair| pair.strip_prefix("n="));
    match n.filter(|text| !text.is_empty()).and_then(items::read_n) {
        Some(n) => send(out, 200, &[], &items::list(n)),
        None => send(out, 400, &[], &items::BAD_N),
    }
}

fn read(request: &IncomingRequest) -> io::Result<Vec<u8>> {
    let sizes = request.headers().get("content-length");
    let size = sizes
        .first()
        .and_then(|field| std::str::from_utf8(field).ok()?.parse().ok());
    let mut content = Vec::with_capacity(size.unwrap_or(0));
    let body = request.consume().expect("the body is taken once");
    body.stream()
        .expect("the stream is taken once")
        .read_to_end(&mut content)?;
    Ok(content)
}

fn summarize(out: ResponseOutparam, request: &IncomingRequest) {
    let Ok(content) = read(request) else { return };
    match serde_json::from_slice::<items::Order>(&content) {
        Ok(order) => match items::summarize(&order) {
            Some(summary) => send(out, 200, &[], &summary),
            None => send(out, 422, &[], &items::BAD_ITEMS),
        },
        Err(why) if why.is_data() => send(out, 422, &[], &items::BAD_ITEMS),
        Err(_) => send(out, 400, &[], &items::BAD_JSON),
    }
}

impl Guest for Items {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        if path != "/items" {
            return send(out, 404, &[], &items::NOT_FOUND);
        }
        match request.method() {
            Method::Get => list(out, query),
            Method::Post => summarize(out, &request),
            _ => send(out, 405, &[("Allow", "GET, POST")], &items::BAD_METHOD),
        }
    }
}

wasip2::http::proxy::export!(Items);
