const { Toolbelt } = require('lp-faas-toolbelt');

const ACCOUNT = process.env.BRAND_ID;

function domain(service) {
  return fetch('https://api.liveperson.net/api/account/' + ACCOUNT + '/service/' + service + '/baseURI.json?version=1.0')
    .then((res) => res.json())
    .then((json) => json.baseURI);
}

function lambda(input, callback) {
  domain('accountConfigReadOnly')
    .then((host) => fetch(`https://${host}/api/account/${ACCOUNT}/configuration/le-users/users/${input.payload.agent}?v=6.0`))
    .then((res) => res.json())
    .then((user) => callback(null, `${user.nickname} (${user.loginName})`))
    .catch(callback);
}
