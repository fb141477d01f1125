//! TLS on a listener: certificates from PEM, versions 1.2 and 1.3, handshakes that end in time.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::limits;

/// What a listener needs to speak TLS. Cheap to clone.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate is no PEM.
    #[error("the certificate is not in PEM form: {0}")]
    Certificate(String),
    /// The key is no PEM.
    #[error("the private key is not in PEM form: {0}")]
    Key(String),
    /// They do not fit together, or are of a kind that is not served.
    #[error("certificate and key cannot be used: {0}")]
    Unfit(#[from] rustls::Error),
}

impl Tls {
    /// Serves the certificate `chain`, its own first, with its `key`; both in PEM form.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(chain: &str, key: &str) -> Result<Self, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = chain.map_err(|error| TlsError::Certificate(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        let key = key.map_err(|error| TlsError::Key(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// The stream behind the handshake; `None` if there is none in time.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let accepted = tokio::time::timeout(limits::HANDSHAKE_TIME_MAX, self.0.accept(stream)).await;
        let accepted = accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        accepted.inspect_err(|error| debug!(%error, "a handshake failed")).ok()
    }
}
