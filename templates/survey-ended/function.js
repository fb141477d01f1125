/**
 * Messaging Survey Ended: the consumer rated the conversation or closed its survey, or nobody answered for a week.
 *
 * payload.dialogs says how each dialog ended; closedCause of the survey is TIMEOUT if it expired. What a function answers
 * here is ignored; it is there to tell other systems.
 */
function lambda(input, callback) {
  const { conversationId, dialogs, lastContentEventNotification } = input.payload;
  const survey = dialogs.find((dialog) => dialog.dialogType === "POST_SURVEY");
  const seconds = Math.round((survey.endTs - survey.creationTs) / 1000);
  const said = lastContentEventNotification.serverTimestamp > survey.creationTs;
  console.info("survey ended", { conversation: conversationId, by: survey.closedBy, seconds, said });

  callback(null, { by: survey.closedBy, expired: survey.closedCause === "TIMEOUT", seconds });
}
