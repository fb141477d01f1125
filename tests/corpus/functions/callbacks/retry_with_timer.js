const { Toolbelt } = require('lp-faas-toolbelt');

var MAX = 3;

function lambda(input, callback) {
  var attempts = 0;
  var client = Toolbelt.HTTPClient();

  function attempt() {
    attempts++;
    client({ uri: process.env.CRM + '/cases', method: 'POST', body: { subject: input.payload.subject, try: attempts }, json: true, resolveWithFullResponse: true, simple: false })
      .then(function (response) {
        console.log('attempt ' + attempts + ' => ' + response.statusCode);
        if (response.statusCode >= 500 && attempts < MAX) {
          return setTimeout(attempt, 10 * attempts);
        }
        if (response.statusCode !== 201) {
          return callback('giving up after ' + attempts + ' attempts');
        }
        callback(null, { caseId: response.body.id, attempts: attempts });
      });
  }

  attempt();
}
