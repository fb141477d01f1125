async function lambda(input, callback) {
  const res = await fetch(process.env.API + "/first");
  callback(null, await res.json());
  console.info("answered, now auditing");
  const audit = await fetch(process.env.API + "/audit", { method: "POST", body: JSON.stringify({ id: input.payload.id }), headers: { "content-type": "application/json" } });
  console.info("audit", audit.status, await audit.text());
  await new Promise((resolve) => setTimeout(resolve, 20));
  console.debug("really done");
}
