const http = require("http");

function lambda(input, callback) {
  http.get(process.env.API + "/ping", (response) => {
    let body = "";
    response.on("data", (chunk) => { body += chunk; });
    response.on("end", () => callback(null, body));
  }).on("error", callback);
}
