// expect: cpu_exhausted out_of_memory
async function lambda() { const storm = () => { Promise.resolve().then(storm); Promise.resolve().then(storm); }; storm(); await new Promise(() => {}); }
