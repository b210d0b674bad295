//! The lab's API with actix-web: items-actix ADDRESS [WORKERS].
// SPDX-License-Identifier: Apache-2.0
#[path = "../../rust/src/items.rs"]
mod items;

use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::StatusCode;
use actix_web::{web, App, HttpRequest, HttpResponse, HttpServer};
use serde::Deserialize;

const BODY_BYTES_MAX: usize = 8 << 20;

#[derive(Deserialize)]
struct Query {
    n: Option<String>,
}

async fn list(query: web::Query<Query>) -> HttpResponse {
    match query.n.as_deref().and_then(items::read_n) {
        Some(n) => HttpResponse::Ok().json(items::list(n)),
        None => HttpResponse::BadRequest().json(items::BAD_N),
    }
}

async fn summarize(order: web::Json<items::Order>) -> HttpResponse {
    match items::summarize(&order) {
        Some(summary) => HttpResponse::Ok().json(summary),
        None => HttpResponse::UnprocessableEntity().json(items::BAD_ITEMS),
    }
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(items::NOT_FOUND)
}

async fn bad_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header(("Allow", "GET, POST"))
        .json(items::BAD_METHOD)
}

/// JSON of another shape is told apart from what is no JSON.
fn refuse(wrong: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let response = match &wrong {
        JsonPayloadError::Deserialize(why) if why.is_data() => {
            HttpResponse::UnprocessableEntity().json(items::BAD_ITEMS)
        }
        JsonPayloadError::Deserialize(_) => HttpResponse::BadRequest().json(items::BAD_JSON),
        _ => HttpResponse::build(StatusCode::PAYLOAD_TOO_LARGE).finish(),
    };
    InternalError::from_response(wrong, response).into()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let workers = args.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    HttpServer::new(|| {
        let json = web::JsonConfig::default()
            .limit(BODY_BYTES_MAX)
            .error_handler(refuse);
        App::new()
            .app_data(json)
            .service(
                web::resource("/items")
                    .route(web::get().to(list))
                    .route(web::post().to(summarize))
                    .default_service(web::to(bad_method)),
            )
            .default_service(web::to(not_found))
    })
    .workers(workers)
    .bind(address)?
    .run()
    .await
}
