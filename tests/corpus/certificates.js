// Keys and certificates for one run: an authority, a server on loopback and under the platform's names, a client.
//
// Promises: made anew each time and kept in memory, so that no key is in the repository and none expires.

import { generateKeyPairSync } from 'node:crypto';

import forge from 'node-forge';

const { pki } = forge;
/** Second labels of the platform's hosts: a certificate's wildcard stands for one label only. */
const PLANES = ['ac', 'acr', 'faasgw', 'msghist', 'sentinel'];
const DAY = 24 * 60 * 60 * 1000;

function keys() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { key: privateKey, publicKey };
}

function certify(subject, issuer, serial, publicKey, signingKey, extensions) {
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = serial;
  certificate.validity.notBefore = new Date(Date.now() - DAY);
  certificate.validity.notAfter = new Date(Date.now() + DAY);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions(extensions);
  certificate.sign(pki.privateKeyFromPem(signingKey), forge.md.sha256.create());
  return pki.certificateToPem(certificate);
}

/** What the servers, the client and those who trust them need. */
export function makeCertificates() {
  const [authority, server, client] = [keys(), keys(), keys()];
  const name = 'Corpus authority';
  const ca = certify(name, name, '01', authority.publicKey, authority.key, [
    { name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
  const leaf = (subject, serial, { publicKey }, usage, names) => certify(subject, name, serial, publicKey, authority.key, [
    { name: 'basicConstraints', cA: false }, { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', ...usage }, ...names,
  ]);
  const DNS = 2, ADDRESS = 7;
  const altNames = [
    ...['localhost', 'liveperson.net', '*.liveperson.net', ...PLANES.map((plane) => `*.${plane}.liveperson.net`)].map((value) => ({ type: DNS, value })),
    { type: ADDRESS, ip: '127.0.0.1' },
  ];
  return {
    ca,
    server: { key: server.key, cert: leaf('localhost', '02', server, { serverAuth: true }, [{ name: 'subjectAltName', altNames }]) },
    client: { key: client.key, cert: leaf('shop-client', '03', client, { clientAuth: true }, []) },
  };
}
