function timeout(ms) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("upstream too slow")), ms));
}

const lambda = function (input, callback) {
  const controller = new AbortController();
  const call = fetch(process.env.SLOW_URL + "/quote", { signal: controller.signal })
    .then((r) => r.json())
    .catch((e) => { console.log("fetch ended with " + e.name); throw e; });
  Promise.race([call, timeout(50)])
    .then((quote) => callback(null, quote), (e) => {
      controller.abort();
      callback(null, { fallback: true, why: e.message });
    });
};
