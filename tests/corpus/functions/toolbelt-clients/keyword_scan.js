const { Toolbelt } = require("lp-faas-toolbelt");
const KEYWORDS = ["lawyer", "cancel(led|ing)?", "refund"];

function lambda(input, callback) {
  const util = Toolbelt.ConversationUtil();
  util.getConversationById(input.payload.general.convId)
    .then((conversation) => {
      const hits = util.scanConversationForKeywords(conversation, KEYWORDS);
      hits.forEach((hit) => console.warn(hit.tag, hit.message));
      callback(null, hits.map(({ message, sentBy, tag }) => ({ message, sentBy, tag })));
    })
    .catch((error) => callback(error));
}
