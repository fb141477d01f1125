// The first generation's style: looks at the payload, calls back with commands.
var greetings = { en: 'We will be with you soon.', de: 'Wir sind gleich bei Ihnen.' };

function lambda(input, callback) {
  var general = input.payload.general;
  var language = (general.clientLanguage || 'en').split('-')[0].toLowerCase();
  if (!general.convId) {
    callback(new Error('no conversation'));
    return;
  }
  console.info('answering', { conversation: general.convId, language: language });
  callback(null, [
    { type: 'systemMessage', text: greetings[language] || greetings.en },
    { type: 'transfer', skillId: '123456' },
  ]);
}
