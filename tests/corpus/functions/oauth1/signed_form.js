const OAuth = require('oauth-1.0a');
const { createHmac } = require('crypto');
const Toolbelt = require('lp-faas-toolbelt').Toolbelt;

const hash = (text, key) => createHmac('sha1', key).update(text).digest('base64');

function lambda(input, callback) {
  Toolbelt.SecretClient().readSecret('social').then(({ value: { key, secret, user, userSecret } }) => {
    const oauth = new OAuth({ consumer: { key, secret }, signature_method: 'HMAC-SHA1', hash_function: hash, realm: 'social' });
    const url = process.env.SOCIAL + '/1.1/direct_messages/new.json';
    const auth = oauth.authorize({ url, method: 'POST' }, { key: user, secret: userSecret });
    return fetch(url, {
      method: 'POST',
      headers: { ...oauth.toHeader(auth), 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: input.payload.text }),
    });
  }).then((r) => r.json()).then((j) => callback(null, j), callback);
}
