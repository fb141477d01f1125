//! Calls with a client certificate, against a server that asks for one.

use std::net::SocketAddr;
use std::sync::Arc;

use convoke_domain::allow_list::{DomainAllowList, DomainPattern};
use convoke_sandbox::{Execution, Grant};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fetch::{Names, sandbox};
use crate::support::{given, json, program};

/// An authority, the server that it vouches for, and a client's certificate.
struct Setting {
    address: SocketAddr,
    authority: String,
    certificate: String,
    key: String,
    _serving: tokio::task::JoinSet<()>,
}

impl Setting {
    async fn start() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(params, authority_key);
        let issue = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let ((server, server_key), (client, client_key)) = (issue("bank.shop.test"), issue("client.test"));
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![server.der().clone()],
                PrivateKeyDer::Pkcs8(server_key.serialize_der().into()),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Who shows no certificate is not answered.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut bytes = vec![0; 8192];
                let Ok(count) = stream.read(&mut bytes).await else { continue };
                let said = String::from_utf8_lossy(&bytes[..count]).into_owned();
                let status = if said.starts_with("DELETE") { "403 Forbidden" } else { "200 OK" };
                let body = json!({ "said": said.lines().next(), "body": said.rsplit("\r\n\r\n").next() }).to_string();
                let answer = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self {
            address,
            authority: authority.pem(),
            certificate: client.pem(),
            key: client_key.serialize_pem(),
            _serving: serving,
        }
    }

    /// Runs the body with the certificates and `url` at hand.
    async fn run(&self, body: &str) -> Execution {
        let (sandbox, _) = sandbox(true, vec![], Names::default());
        let source = format!(
            "const {{ Toolbelt }} = require('lp-faas-toolbelt');
             const said = (run) => Promise.resolve().then(run).then((value) => value, (e) => [e.name, e.code.replace('com.liveperson.faas.', ''), e.statusCode]);
             async function lambda({{ cert, key, ca, url }}) {{ {body} }}"
        );
        let program = program(&sandbox, &source);
        let url = format!("https://bank.shop.test:{}/pay", self.address.port());
        let input = json!({ "cert": self.certificate, "key": self.key, "ca": self.authority, "url": url });
        let mut run = given(&input.to_string());
        run.grant = Grant::to(DomainAllowList::Listed(vec![DomainPattern::parse("bank.shop.test").unwrap()]));
        sandbox.run(&program, run).await
    }
}

#[tokio::test]
async fn the_server_sees_the_certificate_and_its_answer_comes_back() {
    let setting = Setting::start().await;
    let body = "const client = Toolbelt.MTLSClient({ cert, key, ca });
        const post = await client.post(url, { 'X-A': '1' }, { amount: 1 }, { json: true }), get = await client.get(url);
        return [post.statusCode, post.headers['content-type'], post.body, typeof get.body, await said(() => client.delete(url))];";
    let execution = setting.run(body).await;
    assert_eq!(execution.calls.len(), 3);
    assert_eq!(execution.calls[0].host, "bank.shop.test");
    let keys = format!("{:?}{:?}", execution.calls, execution.recording.entries);
    assert!(!keys.contains("PRIVATE KEY"));
    assert_eq!(
        json(execution),
        json!([
            200,
            "application/json",
            { "said": "POST /pay HTTP/1.1", "body": "{\"amount\":1}" },
            "string",
            ["MTLSError", "mtls.remote-threw", 403]
        ])
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_has_a_code_of_the_contract() {
    let setting = Setting::start().await;
    let body = "const make = (config) => said(() => Toolbelt.MTLSClient(config).get(url));
        const broken = (label) => `-----BEGIN ${label}-----\\nAAAA\\n-----END ${label}-----\\n`;
        return [await make({ cert }), await make({ cert: 'x', key }), await make({ cert, key: 'x' }), await make({ cert: broken('CERTIFICATE'), key }), await make({ cert, key: broken('PRIVATE KEY') }), await make({ cert, key }),
          await said(() => Toolbelt.MTLSClient({ cert, key, ca }).get('https://other.test/')), await said(() => Toolbelt.MTLSClient({ cert, key, ca }).get('file:///x')), await said(() => Toolbelt.MTLSClient({ cert, key, ca }).post(url, {}, { a: 1 })),
          await fetch(url).then(() => 'answered', () => 'refused')];";
    let said: Value = json(setting.run(body).await);
    let codes: Vec<_> =
        (0..9).map(|i| said[i][1].as_str().unwrap_or_default().trim_start_matches("mtls.")).collect();
    let expected = [
        "missing-conf",
        "invalid-cert",
        "invalid-key",
        "invalid-cert",
        "invalid-key",
        "general-issue",
        "general-issue",
        "invalid-request",
        "invalid-request",
    ];
    assert_eq!(codes, expected, "{said}");
    assert_eq!(said[9], "refused");
}
