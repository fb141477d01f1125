// Bots on LivePerson's agent SDK, each in a process of its own: written by us, on the SDK as it comes from npm.
//
// What happens is reported to the parent; the parent can say `stop`, and to a racer which conversation to take.
'use strict';

const { Agent } = require('node-agent-sdk');

const agent = new Agent(JSON.parse(process.env.BOT_CONFIG));
const report = (what, more = {}) => process.send?.({ what, ...more });
const call = (name, ...given) => new Promise((resolve, reject) => {
  agent[name](...given, (error, body) => (error ? reject(Object.assign(new Error(JSON.stringify(error.body ?? error.message)), { code: error.code })) : resolve(body)));
});
const text = (message) => ({ type: 'ContentEvent', contentType: 'text/plain', message });
const said = (dialogId, message) => call('publishEvent', { dialogId, event: text(message) });

agent.on('error', (error) => report('error', { message: String(error?.message ?? JSON.stringify(error)), stack: error?.stack }));
agent.on('warn', (warning) => report('warn', { message: warning.message }));
process.on('message', (message) => {
  if (message.stop) { agent.dispose(); process.exit(0); }
  if (message.take) take(message.take);
});
process.on('disconnect', () => process.exit(0));

const BOTS = {
  /** Takes what rings, works on it, transfers it, takes it again, closes it. */
  async scenario() {
    let accepted = 0;
    await call('subscribeAgentsState', {});
    await call('setAgentState', { availability: 'ONLINE' });
    await call('subscribeExConversations', { convState: ['OPEN'], agentIds: [agent.agentId] });
    onRings(async () => { accepted += 1; });
    let worked = 0;
    agent.on('cqm.ExConversationChangeNotification', async ({ changes }) => {
      for (const { type, result } of changes) {
        report('change', { type, stage: result.conversationDetails.stage, skill: result.conversationDetails.skillId });
        const serves = result.conversationDetails.participants.some(({ id, role }) => id === agent.agentId && role === 'ASSIGNED_AGENT');
        if (type === 'DELETE' && result.conversationDetails.stage === 'CLOSE') report('done');
        if (type !== 'UPSERT' || !serves || worked >= accepted) continue;
        worked += 1;
        if (worked === 1) await work(result).catch((error) => report('error', { message: error.message }));
        else await close(result.convId).catch((error) => report('error', { message: error.message }));
      }
    });
    await call('subscribeRoutingTasks', {});
    const { currentTime } = await call('getClock', {});
    report('online', { currentTime });
  },

  /** Takes conversations that it is told to take, whether they ring or not. */
  async racer() {
    report('online');
  },

  /** Joins every new conversation as a manager, greets, and leaves. */
  async greeter() {
    const greeted = new Set();
    agent.on('cqm.ExConversationChangeNotification', ({ changes }) => {
      for (const { type, result } of changes) {
        if (type !== 'UPSERT' || greeted.has(result.convId)) continue;
        greeted.add(result.convId);
        greet(result.convId).catch((error) => report('error', { message: error.message }));
      }
    });
    await call('subscribeExConversations', { convState: ['OPEN'] });
    report('online');
  },

  /** Takes what rings, answers with the same words, and closes when it is told to. */
  async echo() {
    agent.on('ms.MessagingEventNotification', ({ dialogId, changes }) => {
      for (const change of changes) {
        const { event, originatorMetadata } = change;
        if (originatorMetadata.role !== 'CONSUMER' || event.type !== 'ContentEvent') continue;
        const answer = event.message === '#close' ? close(dialogId) : said(dialogId, `echo: ${event.message}`);
        answer.catch((error) => report('error', { message: error.message }));
      }
    });
    onRings(async () => {});
    await call('setAgentState', { availability: 'ONLINE' });
    await call('subscribeRoutingTasks', {});
    report('online');
  },
};

function onRings(accepted) {
  agent.on('routing.RoutingTaskNotification', ({ changes }) => {
    for (const { result } of changes) {
      for (const { ringId, ringState } of result.ringsDetails) {
        report('ring', { state: ringState, id: result.conversationId });
        if (ringState !== 'WAITING') continue;
        accepted();
        call('updateRingState', { ringId, ringState: 'ACCEPTED' })
          .catch((error) => report('error', { message: error.message }));
      }
    }
  });
}

async function work({ convId, conversationDetails }) {
  const [consumer] = conversationDetails.participants.filter(({ role }) => role === 'CONSUMER');
  report('profile', { sdes: await call('getUserProfile', consumer.id) });
  const { dialogId } = conversationDetails.dialogs[0];
  await call('subscribeMessagingEvents', { dialogId });
  await call('publishEvent', { dialogId, event: { type: 'ChatStateEvent', chatState: 'COMPOSING' } });
  const metadata = [{ type: 'ActionReason', reason: 'a reason', reasonId: 'r1' }];
  await call('publishEvent', { dialogId, event: text('I look into it') }, null, metadata);
  await call('updateConversationField', {
    conversationId: convId, conversationField: [{ field: 'TTRField', ttrType: 'URGENT', value: 300 }],
  });
  await call('updateConversationField', {
    conversationId: convId,
    conversationField: [
      { field: 'ParticipantsChange', type: 'REMOVE', role: 'ASSIGNED_AGENT' },
      { field: 'Skill', type: 'UPDATE', skill: '234567' },
    ],
  });
}

async function greet(convId) {
  const change = (type) => ({ conversationId: convId, conversationField: [{ field: 'ParticipantsChange', type, role: 'MANAGER' }] });
  await call('updateConversationField', change('ADD'));
  await said(convId, 'welcome, said the greeter');
  await call('updateConversationField', change('REMOVE'));
}

const close = (conversationId) => call('updateConversationField', {
  conversationId, conversationField: [{ field: 'ConversationStateField', conversationState: 'CLOSE' }],
});

function take(id) {
  const conversationField = [{ field: 'ParticipantsChange', type: 'ADD', role: 'ASSIGNED_AGENT' }];
  call('updateConversationField', { conversationId: id, conversationField })
    .then(() => report('took', { id }), (error) => report('took', { id, code: error.code ?? 0 }));
}

agent.on('connected', () => BOTS[process.env.BOT]().catch((error) => report('error', { message: error.message })));
