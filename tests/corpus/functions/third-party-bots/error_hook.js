function lambda(input, callback) {
  const { error, vendor, lexQuery } = input.payload;
  console.error(`bot failed: ${vendor}`, error);
  const known = { "2003": "TIMEOUT", "2011": "MALFORMED" };
  const key = known[error.errorId];
  callback(null, {
    messages: [key === "TIMEOUT" ? "That takes longer than it should. One moment." : "Something went wrong, I get a colleague."],
    context: Object.assign({ action: "TRANSFER", actionParameters: { skill: "Returns" } }, lexQuery && { question: lexQuery.inputText }),
  });
}
