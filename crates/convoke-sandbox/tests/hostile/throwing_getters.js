// expect: threw
function lambda() { throw { get name() { throw 1; }, get message() { throw 2; }, get stack() { for (;;) throw 3; }, toString() { throw 4; } }; }
