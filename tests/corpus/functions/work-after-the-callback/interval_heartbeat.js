function lambda(input, callback) {
  let beats = 0;
  const timer = setInterval(() => {
    beats++;
    console.log(`beat ${beats}`);
    if (beats === 1) callback(null, "first beat");
    if (beats === 3) clearInterval(timer);
  }, 5);
}
