import { filesContract } from "../../contracts/files.ts";
import { openBucket } from "./open.ts";

filesContract("gcs", openBucket);
