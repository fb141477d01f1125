// classic: the author forgot to return
async function lambda(input, callback) {
  const { amount } = input.payload;
  if (amount > 500) {
    callback(null, { approved: false });
  }
  const res = await fetch(process.env.APPROVALS, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ amount }) });
  console.log("approval saved", res.status);
}
