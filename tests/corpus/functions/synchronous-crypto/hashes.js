const crypto = require('crypto');

const digest = (alg, enc) => crypto.createHash(alg).update('Grüße, ').update(Buffer.from('Ada')).digest(enc);

function lambda(input, callback) {
  callback(null, {
    md5: digest('md5', 'hex'), sha1: digest('sha1', 'base64'), sha256: digest('sha256', 'hex'), sha512: digest('SHA512', 'base64url'),
    sha384: digest('sha384').length, latin1: crypto.createHash('sha256').update('é', 'latin1').digest('hex'),
    etag: '"' + crypto.createHash('md5').update(JSON.stringify(input.payload)).digest('hex') + '"',
  });
}
