//! Files from their place to their bytes, and everything that does not lead there.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use convoke_domain::account::UserRole;
use convoke_domain::id::{ConsumerId, FileId};
use convoke_engine::{FileOwner, FilePlace, FileRoom, FileStore as _};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::auth::Permit;
use crate::files::new_path;
use crate::limits;
use crate::testing::{ACME, Kit, OTHER, until};
use convoke_api::limits::FILE_BYTES_MAX;
use convoke_api::lp::messaging::{FileKind, FilePath};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1A\n and so on";

fn consumer() -> FileOwner {
    FileOwner::Consumer(ConsumerId::from_bits(7))
}

fn path(kit: &Kit, account: &str) -> FilePath {
    new_path(kit.handle.entropy(), &account.parse().unwrap(), consumer(), FileKind::Png)
}

fn address(kit: &Kit, permit: Permit, path: &FilePath) -> String {
    let (signature, expires) = kit.auth.file_signature(permit, path);
    format!("{path}?temp_url_sig={signature}&temp_url_expires={expires}")
}

async fn ask(kit: &Kit, method: Method, address: &str, kind: &str, body: &[u8]) -> (StatusCode, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(address).header("content-length", body.len());
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let response =
        kit.router.clone().oneshot(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

async fn send(kit: &Kit, address: &str, kind: &str, body: &[u8]) -> u16 {
    ask(kit, Method::PUT, address, kind, body).await.0.as_u16()
}

async fn fetch(kit: &Kit, address: &str) -> (u16, Vec<u8>) {
    let (status, body) = ask(kit, Method::GET, address, "", b"").await;
    (status.as_u16(), body)
}

#[tokio::test]
async fn what_was_sent_is_fetched_and_is_never_replaced() {
    let kit = Kit::new().await;
    let path = path(&kit, ACME);
    let there = address(&kit, Permit::Upload(PICTURE.len() as u64), &path);
    assert_eq!(send(&kit, &there, "image/png", PICTURE).await, 201);
    assert_eq!(send(&kit, &there, "image/png", PICTURE).await, 409);
    let back = address(&kit, Permit::Download, &path);
    assert_eq!(fetch(&kit, &back).await, (200, PICTURE.to_vec()));
    let request = Request::get(&back).body(Body::empty()).unwrap();
    let response = kit.router.clone().oneshot(request).await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-disposition"), "attachment; filename=\"file.png\"");
    assert_eq!(header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn an_address_is_good_for_one_thing_with_one_file_and_for_minutes() {
    let kit = Kit::new().await;
    let path = path(&kit, ACME);
    let size = PICTURE.len() as u64;
    let there = address(&kit, Permit::Upload(size), &path);
    let foreign = FilePath { account: OTHER.parse().unwrap(), ..path.clone() };
    let somebody = FilePath { owner: "4711".to_owned(), ..path.clone() };
    let other_kind = FilePath { kind: FileKind::Pdf, ..path.clone() };
    for other in [&foreign, &somebody, &other_kind] {
        let moved = there.replace(&path.to_string(), &other.to_string());
        assert_eq!(send(&kit, &moved, "", PICTURE).await, 401, "{other}");
    }
    let query = there.split_once('?').unwrap().1;
    let later = query.rsplit_once('=').unwrap().1.parse::<i64>().unwrap() + 3600;
    let extended = there.rsplit_once('=').unwrap().0.to_owned() + &format!("={later}");
    assert_eq!(send(&kit, &extended, "", PICTURE).await, 401);
    assert_eq!(send(&kit, &path.to_string(), "", PICTURE).await, 401);
    assert_eq!(fetch(&kit, &there).await.0, 401, "sending is not fetching");
    assert_eq!(send(&kit, &there, "", &[PICTURE, b"more"].concat()).await, 401, "another size");
    kit.clock.advance(limits::FILE_URL_LIFE);
    assert_eq!(send(&kit, &there, "", PICTURE).await, 401, "it is over");
}

#[tokio::test]
async fn what_is_not_what_it_is_called_is_refused() {
    let kit = Kit::new().await;
    let page = b"<script>alert(1)</script>";
    let path = path(&kit, ACME);
    let there = address(&kit, Permit::Upload(page.len() as u64), &path);
    assert_eq!(send(&kit, &there, "image/png", page).await, 415);
    assert_eq!(send(&kit, &there, "text/html", page).await, 415);
    let back = address(&kit, Permit::Download, &path);
    assert_eq!(fetch(&kit, &back).await.0, 404, "nothing of it was kept");
    let huge = address(&kit, Permit::Upload(FILE_BYTES_MAX + 1), &path);
    let request =
        Request::put(&huge).header("content-length", FILE_BYTES_MAX + 1).body(Body::empty()).unwrap();
    let refused = kit.router.clone().oneshot(request).await.unwrap();
    assert_eq!(refused.status(), 413);
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let kit = Kit::new().await;
    let path = path(&kit, ACME);
    let good = address(&kit, Permit::Download, &path);
    let query = good.split_once('?').unwrap().1;
    let secret = &path.secret;
    for name in [
        format!("/v1/files/acme/../{secret}.png"),
        format!("/v1/files/acme/..%2F..%2Fetc/{secret}.png"),
        format!("/v1/files/%2E%2E/cons_1/{secret}.png"),
        format!("/v1/files/acme/cons_1/..%2F{secret}.png"),
        format!("/v1/files/acme/cons_1/{secret}.png%00"),
    ] {
        let (status, body) = fetch(&kit, &format!("{name}?{query}")).await;
        assert!(matches!(status, 401 | 404), "{name}: {status}");
        assert!(!String::from_utf8_lossy(&body).contains("root:"), "{name}");
    }
}

/// A stored picture of several parts; the address to get it from.
async fn stored(kit: &Kit, account: &str) -> String {
    let picture = [PICTURE, &vec![7; 3 * limits::FILE_PART_BYTES]].concat();
    let path = path(kit, account);
    let there = address(kit, Permit::Upload(picture.len() as u64), &path);
    assert_eq!(send(kit, &there, "image/png", &picture).await, 201);
    address(kit, Permit::Download, &path)
}

async fn unread_one(kit: &Kit, address: &str) -> Response {
    kit.router.clone().oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap()
}

/// As many answers as an account may fetch at once, none of them read.
async fn unread(kit: &Kit, address: &str) -> Vec<Response> {
    let mut answers = Vec::new();
    for _ in 0..limits::FILES_AT_ONCE_OF_ACCOUNT_MAX {
        answers.push(unread_one(kit, address).await);
        assert_eq!(answers.last().unwrap().status(), 200);
    }
    answers
}

#[tokio::test]
async fn a_file_counts_until_its_last_byte_was_handed_on_and_other_accounts_have_room() {
    let kit = Kit::new().await;
    let (own, foreign) = (stored(&kit, ACME).await, stored(&kit, OTHER).await);
    let mut answers = unread(&kit, &own).await;
    assert_eq!(fetch(&kit, &own).await.0, 429);
    assert_eq!(fetch(&kit, &foreign).await.0, 200);
    let read = answers.pop().unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(read.len(), PICTURE.len() + 3 * limits::FILE_PART_BYTES);
    assert_eq!(fetch(&kit, &own).await, (200, read.to_vec()));
    drop(answers.pop());
    let more = unread_one(&kit, &own).await;
    assert_eq!(more.headers()["content-length"], read.len().to_string().as_str());
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_a_file_does_not_keep_it_in_memory() {
    let kit = Kit::new().await;
    let own = stored(&kit, ACME).await;
    let answers = unread(&kit, &own).await;
    assert_eq!(fetch(&kit, &own).await.0, 429);
    tokio::time::advance(limits::FILE_FETCH_TIME_MAX).await;
    until(async || fetch(&kit, &own).await.0 == 200).await;
    for answer in answers {
        assert!(answer.into_body().collect().await.is_err(), "what broke off does not look whole");
    }
}

#[tokio::test]
async fn a_consumer_has_so_many_bytes_of_files_and_others_have_theirs() {
    let kit = Kit::new().await;
    let (account, id) = (ACME.parse().unwrap(), FileId::from_bits(1));
    let most = limits::FILES_OF_CONSUMER_BYTES_MAX;
    let taken = FilePlace { account, owner: consumer(), id };
    let filling = vec![0; usize::try_from(most - FILE_BYTES_MAX).unwrap()];
    kit.files.put(&taken, &filling, FileRoom { account: most, owner: most }).unwrap();
    let (last, more) = (path(&kit, ACME), path(&kit, ACME));
    let size = FILE_BYTES_MAX - 1024;
    let large = [PICTURE, &vec![7; usize::try_from(size).unwrap() - PICTURE.len()]].concat();
    assert_eq!(send(&kit, &address(&kit, Permit::Upload(size), &last), "image/png", &large).await, 201);
    let size = PICTURE.len() as u64;
    assert_eq!(send(&kit, &address(&kit, Permit::Upload(size), &more), "image/png", PICTURE).await, 409);
    let others = FileOwner::Consumer(ConsumerId::from_bits(8));
    let others = new_path(kit.handle.entropy(), &ACME.parse().unwrap(), others, FileKind::Png);
    assert_eq!(send(&kit, &address(&kit, Permit::Upload(size), &others), "image/png", PICTURE).await, 201);
}

#[tokio::test]
async fn an_erased_consumers_files_are_gone() {
    let kit = Kit::new().await;
    let (mine, others) = (path(&kit, ACME), {
        let owner = FileOwner::Consumer(ConsumerId::from_bits(8));
        new_path(kit.handle.entropy(), &ACME.parse().unwrap(), owner, FileKind::Png)
    });
    for path in [&mine, &others] {
        let there = address(&kit, Permit::Upload(PICTURE.len() as u64), path);
        assert_eq!(send(&kit, &there, "image/png", PICTURE).await, 201);
    }
    let erase = format!("/consumers/{}", ConsumerId::from_bits(7));
    kit.delete(&erase, &kit.token(ACME, &[UserRole::Administrator]).await).await.ok(200);
    assert_eq!(fetch(&kit, &address(&kit, Permit::Download, &mine)).await.0, 404);
    assert_eq!(fetch(&kit, &address(&kit, Permit::Download, &others)).await.0, 200);
}

#[tokio::test]
async fn pages_of_any_origin_may_ask() {
    let kit = Kit::new().await;
    let path = path(&kit, ACME);
    let request =
        Request::builder().method(Method::OPTIONS).uri(path.to_string()).body(Body::empty()).unwrap();
    let response = kit.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()["access-control-allow-methods"], "GET, PUT");
    let refused = kit.raw(Method::GET, &path.to_string(), "", json!(null)).await;
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
}
