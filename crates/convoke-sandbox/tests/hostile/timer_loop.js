// expect: timed_out threw
async function lambda() { await new Promise(() => { const again = () => setTimeout(again, 0); again(); }); }
