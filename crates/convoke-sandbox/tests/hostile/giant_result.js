// expect: result_too_large
function lambda() { return 'x'.repeat(4e6); }
