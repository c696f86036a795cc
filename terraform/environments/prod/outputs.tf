output "api_url" {
  description = "What BIOAGENT_URL is set to."
  value       = module.bioagent.api_url
}

output "cli" {
  description = "Lines for a shell: eval \"$(terraform output -raw cli)\""
  value       = module.bioagent.cli
}

output "buckets" {
  value = module.bioagent.buckets
}

output "secrets" {
  value = module.bioagent.secrets
}

output "accounts" {
  value = module.bioagent.accounts
}

output "ses" {
  value = module.bioagent.ses
}
