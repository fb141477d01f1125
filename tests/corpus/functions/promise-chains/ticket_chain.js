const { Toolbelt } = require("lp-faas-toolbelt");

function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  const headers = { Authorization: "Basic " + Buffer.from("agent@example.com/token:abc").toString("base64") };
  const base = process.env.DESK_URL;

  http.get(base + "/api/v2/users/search.json?query=" + input.payload.email, { headers, json: true })
    .then((found) => {
      if (found.count === 0) {
        return http.post(base + "/api/v2/users.json", { headers, json: { user: { email: input.payload.email, verified: true } } }).then((r) => r.user);
      }
      return found.users[0];
    })
    .then((user) => http.post(base + "/api/v2/tickets.json", {
      headers,
      json: true,
      body: { ticket: { requester_id: user.id, subject: "Chat " + input.payload.convId, comment: { body: input.payload.lines.join("\n") } } },
    }))
    .then(({ ticket }) => {
      console.info("created ticket", ticket.id);
      return callback(null, { id: ticket.id });
    })
    .catch((e) => callback(e));
}
