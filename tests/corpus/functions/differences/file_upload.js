async function lambda(input) {
  const form = new FormData();
  form.append("title", "Invoice");
  const response = await fetch(process.env.API, { method: "POST", body: form });
  return response.status;
}
