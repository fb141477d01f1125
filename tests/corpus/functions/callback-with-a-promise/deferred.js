// a home-made deferred, from the times of Q
function Deferred() {
  var self = this;
  this.promise = new Promise(function (resolve, reject) { self.resolve = resolve; self.reject = reject; });
}

function lambda(input, callback) {
  var d = new Deferred();
  callback(undefined, d.promise);
  setTimeout(function () {
    console.log('resolving late');
    d.resolve({ text: input.payload.text.split('').reverse().join('') });
  }, 15);
}
