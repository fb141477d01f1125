// Awaits a timer that outlasts the measurement.
async function lambda(input) {
  await new Promise((resolve) => setTimeout(resolve, 20000));
  return input.payload.name;
}
