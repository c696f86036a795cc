output "role_arn" {
  description = "What the e-mail channel assumes."
  value       = module.ses_role.role_arn
}

output "dns_records" {
  description = "For a domain: records that prove it yours."
  value       = module.ses_role.dns_records
}
