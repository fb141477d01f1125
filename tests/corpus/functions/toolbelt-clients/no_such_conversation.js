const { Toolbelt, ErrorCodes } = require("lp-faas-toolbelt");

async function lambda(input, callback) {
  try {
    await Toolbelt.ConversationUtil().getConversationById("00000000-aaaa-bbbb-cccc-000000000000");
    callback(null, "found");
  } catch (e) {
    callback(null, { code: e.code, expected: e.code === ErrorCodes.ConversationUtil.NotFound, message: e.message });
  }
}
