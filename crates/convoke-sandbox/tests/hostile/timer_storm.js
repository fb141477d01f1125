// expect: threw
async function lambda() { for (;;) setTimeout(() => {}, 1e6); }
