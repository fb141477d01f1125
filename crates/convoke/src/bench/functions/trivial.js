// The smallest useful answer: a message with a name in it, a transfer, an end.
function answer(input) {
  return [{ type: "systemMessage", text: `Hello ${input.payload.name}` }, { type: "transfer", skillId: "123456" }, { type: "closeConversation" }];
}
