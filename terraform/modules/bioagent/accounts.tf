locals {
  accounts = {
    api       = "The API: takes requests of people, records runs, reads logs."
    poll      = "The poll: submits, watches and cancels jobs, writes the ledger."
    deliver   = "The completion handler: tells people."
    job       = "Jobs of pipelines run as this one."
    build     = "Builds the functions."
    scheduler = "Cloud Scheduler calls the poll as this one."
    push      = "Pub/Sub pushes Batch's messages to the poll as this one."
    trigger   = "Eventarc tells the completion handler as this one."
  }
}

module "account" {
  source     = "../account"
  for_each   = local.accounts
  depends_on = [module.project_services]

  project_id   = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name} ${each.key}"
  description  = each.value
}
