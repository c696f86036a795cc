// Loaded into each function's process before functions-framework, which listens on every address and has no option for it: what
// runs inline pipelines on this machine is nobody else's business. It also ends the process when the one that started it is gone.
import net from "node:net";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, ...rest);
};

process.on("disconnect", () => process.exit());
process.channel?.unref();
