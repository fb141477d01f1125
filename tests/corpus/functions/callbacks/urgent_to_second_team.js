// Escalates urgent conversations. Ops asked for this in March, see the wiki.
function lambda(input, callback) {
    var payload = input.payload;
    var general = payload.general;
    var ttr = payload.ttr;
    var commands = [];

    console.info('TTR changed for ' + general.convId, ttr.oldTtr, ttr.newTtr);

    if (ttr.newTtr.ttrType == 'URGENT' && ttr.oldTtr.ttrType != 'URGENT') {
        commands.push({
            type: 'systemMessage',
            text: 'We have marked your request as urgent. A specialist will answer within ' + Math.round(ttr.newTtr.value / 60) + ' minutes.'
        });
        commands.push({ type: 'transfer', skillId: '345678' });
    } else if (ttr.newTtr.ttrType == 'NORMAL') {
        commands.push({ type: 'systemMessage', text: 'Thank you for your patience.' });
    }
    callback(null, commands);
}
