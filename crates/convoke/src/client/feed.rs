//! A live feed: Server-Sent Events, taken up again after the last one when the connection breaks.

use std::marker::PhantomData;

use anyhow::{Context, Result, bail};
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::run_log::Attempt;
use reqwest::header::ACCEPT;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Client, ClientError};
use crate::connection::Token;
use crate::limits::{FEED_LINE_BYTES_MAX, FEED_RETRIES_MAX};

/// What a feed brings: something with a place, so that the feed can go on after it.
pub(crate) trait Placed: DeserializeOwned {
    /// Its place; grows.
    fn place(&self) -> u64;
}

impl Placed for ConversationEvent {
    fn place(&self) -> u64 {
        self.seq
    }
}

impl Placed for Attempt {
    fn place(&self) -> u64 {
        self.place
    }
}

/// Events as they come.
pub(crate) struct Feed<'a, T> {
    client: &'a Client,
    url: Url,
    token: Token,
    /// The last place seen; without one, the server begins with what comes now.
    after: Option<u64>,
    brings: PhantomData<T>,
    open: Option<reqwest::Response>,
    reader: Reader,
    /// Connections in a row that brought nothing.
    idle: u32,
}

impl<'a, T: Placed> Feed<'a, T> {
    pub(super) fn new(client: &'a Client, url: Url, token: Token, after: Option<u64>) -> Self {
        let reader = Reader::default();
        Self { client, url, token, after, brings: PhantomData, open: None, reader, idle: 0 }
    }

    /// The next event; waits for it as long as it takes.
    ///
    /// # Errors
    /// If the server refuses, or the feed breaks again and again.
    pub(crate) async fn next(&mut self) -> Result<T> {
        loop {
            while let Some(data) = self.reader.event() {
                let event: T =
                    serde_json::from_str(&data).context("the feed brought something that is no event")?;
                if Some(event.place()) > self.after {
                    self.after = Some(event.place());
                    self.idle = 0;
                    return Ok(event);
                }
            }
            self.read_on().await?;
        }
    }

    async fn read_on(&mut self) -> Result<()> {
        let Some(answer) = &mut self.open else { return self.connect().await };
        if let Ok(Some(bytes)) = answer.chunk().await {
            self.reader.push(&bytes)
        } else {
            self.open = None;
            self.reader = Reader::default();
            Ok(())
        }
    }

    async fn connect(&mut self) -> Result<()> {
        self.idle += 1;
        if self.idle > FEED_RETRIES_MAX {
            bail!("the live feed broke {FEED_RETRIES_MAX} times in a row without bringing anything");
        }
        let request = self.client.http.get(self.url.clone()).bearer_auth(&self.token.0);
        let mut request = request.header(ACCEPT, "text/event-stream");
        if let Some(after) = self.after {
            request = request.header("Last-Event-ID", after.to_string());
        }
        match self.client.checked(&self.url, request.send().await).await {
            Ok(answer) => self.open = Some(answer),
            // A server that restarts is back soon; what it refuses stays refused.
            Err(ClientError::Unreachable { .. }) if self.after > Some(0) && self.idle < FEED_RETRIES_MAX => {
                tokio::time::sleep(std::time::Duration::from_millis(200 << self.idle)).await;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
struct Reader {
    buffer: Vec<u8>,
    data: String,
}

impl Reader {
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if self.buffer.len() + self.data.len() + bytes.len() > FEED_LINE_BYTES_MAX {
            bail!("the feed brought a line of more than {FEED_LINE_BYTES_MAX} bytes");
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The data of the next whole event.
    fn event(&mut self) -> Option<String> {
        loop {
            let end = self.buffer.iter().position(|&byte| byte == b'\n')?;
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                if !self.data.is_empty() {
                    return Some(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
            // Other fields and comments (keep-alives) are of no use here.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<String> {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        for chunk in chunks {
            reader.push(chunk.as_bytes()).unwrap();
            events.extend(std::iter::from_fn(|| reader.event()));
        }
        events
    }

    #[test]
    fn events_are_found_wherever_the_stream_is_cut() {
        let whole =
            "id: 1\nevent: opened\ndata: {\"seq\":1}\n\n: keep-alive\n\nid: 2\r\ndata: a\r\ndata: b\r\n\r\n";
        let expected = ["{\"seq\":1}", "a\nb"];
        assert_eq!(events(&[whole]), expected);
        let letters: Vec<String> = whole.chars().map(String::from).collect();
        assert_eq!(events(&letters.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn half_an_event_waits_for_the_rest() {
        assert!(events(&["data: half\n"]).is_empty());
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut reader = Reader::default();
        assert!(reader.push(&vec![b'x'; FEED_LINE_BYTES_MAX + 1]).is_err());
    }
}
