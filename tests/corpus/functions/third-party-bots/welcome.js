function lambda(input, callback) {
  var p = input.payload;
  if (p.event != null && p.event.type == 'WELCOME') {
    callback(null, {
      messages: [
        'Hello ' + ((((p.context || {}).lpSdes || {}).events || [])[0] || { personal: { name: 'there' } }).personal.name,
        { delay: 1.5, typing: false },
        { structuredContent: { type: 'text', text: 'What is it about?' }, encodedMetadata: Buffer.from(JSON.stringify([{ type: 'x', v: 1 }])).toString('base64') }
      ],
      context: { action: 'CHANGE_TTR', actionParameters: { ttrType: 'PRIORITIZED', value: 120 } }
    });
  } else callback(null, { messages: [] });
}
