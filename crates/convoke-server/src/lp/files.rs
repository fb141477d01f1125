//! `swift`: sending and getting the files of conversations, under addresses that the sockets give out.
//!
//! An address is good for one thing and some minutes. What is sent has exactly the size and the kind that were asked for;
//! what is fetched is handed out as a file to keep, never as a page.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use convoke_api::limits::FILE_BYTES_MAX;
use convoke_api::lp::messaging::{FileKind, FilePath};
use convoke_api::platform_error::PlatformError;

use super::request::Asked;
use crate::auth::Permit;
use crate::extract::read;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Takes in a file.
pub(super) async fn upload(State(server): State<Shared>, asked: Asked, request: Request) -> Response {
    let done = take(&server, &asked, request).await;
    anywhere(done.map_or_else(ApiError::into_response, |()| StatusCode::CREATED.into_response()))
}

async fn take(server: &Shared, asked: &Asked, request: Request) -> Answer<()> {
    let path = FilePath::read(request.uri().path()).ok_or(PlatformError::NotFound)?;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let size: u64 = length.ok_or_else(|| ApiError::field("content-length", "say how many bytes come"))?;
    if size > FILE_BYTES_MAX {
        return Err(PlatformError::TooLarge.into());
    }
    permitted(server, Permit::Upload(size), &path, asked)?;
    if !is_kind(request.headers(), &path) {
        return Err(PlatformError::FileKindWrong.into());
    }
    let room = server.files.room(&path.account)?;
    let most = usize::try_from(size).map_err(|_| PlatformError::TooLarge)?;
    let bytes = read(request, most).await?;
    if bytes.len() != most || !path.kind.looks_like(&bytes) {
        return Err(PlatformError::FileKindWrong.into());
    }
    server.files.put(server, &path, bytes, room).await
}

/// Whether a client calls the file what it said before; one that says nothing does.
fn is_kind(headers: &HeaderMap, path: &FilePath) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    let unsaid = ["", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded"];
    unsaid.contains(&said) || FileKind::from_wire(said) == Some(path.kind)
}

/// Hands out a file.
pub(super) async fn download(State(server): State<Shared>, asked: Asked, uri: Uri) -> Response {
    anywhere(give(&server, &asked, &uri).await.unwrap_or_else(ApiError::into_response))
}

async fn give(server: &Shared, asked: &Asked, uri: &Uri) -> Answer<Response> {
    let path = FilePath::read(uri.path()).ok_or(PlatformError::NotFound)?;
    permitted(server, Permit::Download, &path, asked)?;
    let room = server.files.room(&path.account)?;
    let file = server.files.get(&path, room).await?;
    let name = format!("attachment; filename=\"file.{}\"", path.kind.ending());
    let length = file.length().to_string();
    let headers = [
        (CONTENT_TYPE, path.kind.media_type()),
        (CONTENT_DISPOSITION, name.as_str()),
        (CONTENT_LENGTH, length.as_str()),
    ];
    Ok((headers, file.into_body()).into_response())
}

/// Tells browsers that pages of any origin may send and get files: who may, the address says.
pub(super) async fn preflight() -> Response {
    let mut response = anywhere(StatusCode::NO_CONTENT.into_response());
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PUT"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    response
}

fn anywhere(mut response: Response) -> Response {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn permitted(server: &Shared, permit: Permit, path: &FilePath, asked: &Asked) -> Answer<()> {
    let signature = asked.get("temp_url_sig").unwrap_or_default();
    let expires = asked.parsed("temp_url_expires")?.unwrap_or(0);
    if server.auth.permits(permit, path, (signature, expires)) {
        Ok(())
    } else {
        Err(PlatformError::AuthRequired.into())
    }
}

#[cfg(test)]
mod tests;
