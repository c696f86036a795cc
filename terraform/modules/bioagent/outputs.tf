output "api_url" {
  description = "What BIOAGENT_URL is set to."
  value       = module.function["api"].uri
}

output "cli" {
  description = "Lines for a shell: the command line then speaks to this installation."
  value       = "export BIOAGENT_URL=${module.function["api"].uri}"
}

output "buckets" {
  description = "Where things are."
  value = {
    inputs    = sort([for bucket in local.input_buckets : "gs://${bucket}"])
    results   = "gs://${local.results_bucket}"
    pipelines = local.environment.BIOAGENT_PIPELINES
    ledger    = local.environment.BIOAGENT_LEDGER
  }
}

output "secrets" {
  description = "Secrets that the configuration names. A channel is used once its secret has a version."
  value       = sort(local.secrets)
}

output "accounts" {
  description = "E-mails of the service accounts."
  value       = { for key, account in module.account : key => account.email }
}

output "ses" {
  description = "What terraform/environments/aws wants to know: who may send mail, by the numbers that AWS knows them by."
  value       = [for name in ["deliver", "poll"] : module.account[name].unique_id]
}
