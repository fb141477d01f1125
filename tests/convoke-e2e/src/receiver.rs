//! A receiver of webhooks on this machine: takes requests one by one, and answers as the test says.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It answers with this status.
    Status(u16),
    /// It answers with success and this text.
    Text(String),
    /// It sends the client on.
    Redirect(String),
    /// It never answers.
    Never,
}

/// A receiver; it ends with its last clone.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Where it is found.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    _serving: Arc<JoinSet<()>>,
}

#[derive(Debug)]
struct Inner {
    answer: Answer,
    refused: u64,
    taken: Vec<Value>,
}

impl Receiver {
    /// A receiver on a free port that answers so.
    ///
    /// # Errors
    /// If there is no port.
    pub async fn start(answer: Answer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let inner = Arc::new(Mutex::new(Inner { answer, refused: 0, taken: Vec::new() }));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::clone(&inner)));
        Ok(Self { url, inner, _serving: Arc::new(serving) })
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).answer = answer;
    }

    /// How many requests it did not take.
    pub fn refused(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Value> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).taken.clone()
    }
}

async fn serve(listener: TcpListener, inner: Arc<Mutex<Inner>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let inner = Arc::clone(&inner);
        connections.spawn(async move { connection(stream, inner).await });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers the requests of one connection; what breaks it off is the client's business.
async fn connection(stream: TcpStream, inner: Arc<Mutex<Inner>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let answer = note(&inner, &body);
        let head = match answer {
            Answer::Status(status) => format!("HTTP/1.1 {status} It\r\nContent-Length: 0\r\n\r\n"),
            Answer::Text(text) => {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())
            }
            Answer::Redirect(target) => {
                format!("HTTP/1.1 307 Elsewhere\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n")
            }
            Answer::Never => std::future::pending().await,
        };
        stream.write_all(head.as_bytes()).await.ok()?;
    }
}

fn note(inner: &Mutex<Inner>, body: &[u8]) -> Answer {
    let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = inner.answer.clone();
    if matches!(answer, Answer::Text(_))
        || matches!(answer, Answer::Status(status) if (200..300).contains(&status))
    {
        inner.taken.extend(serde_json::from_slice::<Value>(body));
    } else {
        inner.refused += 1;
    }
    answer
}
