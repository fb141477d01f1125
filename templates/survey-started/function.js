/**
 * Messaging Survey Started: a conversation was closed, and its consumer is asked what they think of it.
 *
 * The payload is the conversation after the close: payload.closeReason says who closed it, payload.dialogs lists the main
 * dialog and the survey. What a function answers here is ignored; it is there to tell other systems.
 */
function lambda(input, callback) {
  const { conversationId, skillId, closeReason, dialogs } = input.payload;
  const survey = dialogs.find((dialog) => dialog.dialogType === "POST_SURVEY");
  console.info("survey began", { conversation: conversationId, skill: skillId, closedBy: closeReason });

  callback(null, { survey: survey && survey.dialogId, closedBy: closeReason });
}
