// `request(params, callback)` over the guest's own HTTP client.
module.exports = require('convoke:request');
