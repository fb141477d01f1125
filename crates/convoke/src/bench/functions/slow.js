// Answers later than its server is killed.
async function lambda() {
  await new Promise((resolve) => setTimeout(resolve, 25000));
}
