const urls = () => JSON.parse(process.env.HEALTH_URLS);

const lambda = (input, callback) =>
  Promise.allSettled(urls().map((url) => fetch(url).then((r) => (r.ok ? r.text() : Promise.reject(new Error(`${r.status} ${r.statusText}`))))))
    .then((all) => all.map((s, i) => ({ n: i, ok: s.status === "fulfilled", said: s.value ?? s.reason.message })))
    .then((report) => callback(null, report))
    .catch(callback);
