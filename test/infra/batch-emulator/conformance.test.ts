import { GRPC, REST } from "./clients.ts";
import { conformance } from "./conformance.ts";

conformance(GRPC);
conformance(REST);
