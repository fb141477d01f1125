//! The workbench, the consumer window, and their files. They are open to everybody and know nothing by themselves.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use convoke_api::platform_error::PlatformError;

use crate::assets::file;
use crate::problem::ApiError;
use crate::server::Shared;

const WORKBENCH: &str = "index.html";
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The pages' routes; they are no part of the API.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|asked: HeaderMap| async move { file(WORKBENCH, &asked) }))
        .route("/window.js", get(|asked: HeaderMap| async move { everybodys(file("window.js", &asked)) }))
        .route("/window", get(|asked: HeaderMap| async move { file("window/index.html", &asked) }))
        .route(
            "/window/{name}",
            get(|name: Path<String>, asked: HeaderMap| async move { folder("window", &name, &asked) }),
        )
        .route("/favicon.ico", get(|asked: HeaderMap| async move { file("window/icon.svg", &asked) }))
        .route(
            "/assets/{name}",
            get(|name: Path<String>, asked: HeaderMap| async move { folder("assets", &name, &asked) }),
        )
}

/// A script for other people's pages, which may be careful about what they load from elsewhere.
fn everybodys(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

fn folder(folder: &str, name: &str, asked: &HeaderMap) -> Response {
    file(&format!("{folder}/{name}"), asked)
}

/// Where pages of the workbench are. What is below them is known to its scripts.
const AREAS: [&str; 7] =
    ["functions", "invocations", "unanswered", "conversations", "inbox", "playground", "settings"];

/// Any other address: the workbench where pages of it are, whoever asks, and at every address for whoever opens one in a
/// browser; 404 for programs elsewhere, for what looks like a file, and for whatever looks like a part of the API.
pub(super) async fn anything_else(method: Method, uri: Uri, asked: HeaderMap) -> Response {
    let wants_pages = asked
        .get(ACCEPT)
        .and_then(|kinds| kinds.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"));
    let api = uri.path().strip_prefix("/api").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if method == Method::GET && !api && (wants_pages || is_page(uri.path())) {
        return file(WORKBENCH, &asked);
    }
    ApiError::from(PlatformError::NotFound).into_response()
}

/// Whether a page of the workbench is at this address.
fn is_page(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let in_area = parts.next().is_some_and(|area| AREAS.contains(&area));
    let looks_like_file =
        path.rsplit('/').next().is_some_and(|last| last.contains('.') && !is_invocation(last));
    in_area && !looks_like_file
}

/// The ids of invocations have a dot before their number.
fn is_invocation(name: &str) -> bool {
    name.starts_with("inv_")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;
    use crate::testing::{Kit, Reply};

    async fn browse(kit: &Kit, path: &str, accept: &str) -> Reply {
        kit.request(Request::get(path).header(ACCEPT, accept).body(Body::empty()).unwrap()).await
    }

    #[tokio::test]
    async fn browsers_get_the_workbench_at_every_address_and_programs_do_not() {
        let kit = Kit::new().await;
        for path in ["/", "/functions/greeter", "/settings/skills", "/playground"] {
            let reply = browse(&kit, path, "text/html,application/xhtml+xml").await;
            assert_eq!(reply.status, 200, "{path}");
            assert!(reply.text.contains("<title>Convoke</title>"), "{path}");
        }
        for (path, accept) in [("/nothing", "application/json"), ("/api/v1/nothing", "text/html")] {
            browse(&kit, path, accept).await.fails(404, "request.not_found");
        }
    }

    #[tokio::test]
    async fn pages_are_where_they_are_whoever_asks() {
        let kit = Kit::new().await;
        for path in
            ["/playground", "/inbox", "/functions/greeter", "/settings/webhooks", "/invocations/inv_0c2e.7"]
        {
            let reply = browse(&kit, path, "*/*").await;
            assert_eq!(reply.status, 200, "{path}");
            assert!(reply.text.contains("<title>Convoke</title>"), "{path}");
        }
        for path in ["/functions/app.js", "/inbox.html", "/functionsand", "/robots.txt"] {
            browse(&kit, path, "*/*").await.fails(404, "request.not_found");
        }
    }

    #[tokio::test]
    async fn the_window_can_be_loaded_by_any_page_and_is_small() {
        let kit = Kit::new().await;
        let script = browse(&kit, "/window.js", "*/*").await;
        assert_eq!(script.status, 200);
        assert_eq!(script.headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(script.headers[CROSS_ORIGIN_RESOURCE_POLICY], "cross-origin");
        assert!(script.text.len() < 64 * 1024, "{} bytes", script.text.len());
        let page = browse(&kit, "/window", "text/html").await;
        assert!(page.text.contains("/window/demo.js"), "{}", page.text);
        let demo = browse(&kit, "/window/demo.js", "*/*").await;
        assert_eq!(demo.headers["content-type"], "text/javascript; charset=utf-8");
        browse(&kit, "/window/nothing", "*/*").await.fails(404, "request.not_found");
        let bench = browse(&kit, "/", "text/html").await;
        assert!(!bench.headers.contains_key(CROSS_ORIGIN_RESOURCE_POLICY), "our own pages are ours");
    }
}
