async function lambda(input, callback) {
  const url = new URL("/search", process.env.SEARCH);
  url.searchParams.set("q", input.payload.message);
  url.searchParams.append("size", 3);
  const res = await fetch(url, { headers: new Headers({ Accept: "application/json", "X-Source": "faas" }) });
  console.log(res.status, res.ok, res.headers.get("content-type"));
  const { hits } = await res.json();
  callback(null, { messages: hits.map((h) => `${h.title}\n${h.url}`) });
}
