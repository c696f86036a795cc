output "role_arn" {
  description = "What the e-mail channel assumes."
  value       = aws_iam_role.main.arn
}

output "dns_records" {
  description = "For a domain: CNAME records that prove it yours (DKIM)."
  value = [
    for token in try(aws_sesv2_email_identity.main.dkim_signing_attributes[0].tokens, []) :
    "${token}._domainkey.${var.identity} CNAME ${token}.dkim.amazonses.com"
  ]
}
