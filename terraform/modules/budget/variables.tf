variable "project_id" {
  type = string
}

variable "project_number" {
  type = string
}

variable "name" {
  type = string
}

variable "billing_account" {
  type = string
}

variable "amount" {
  description = "Whole units of the currency for a calendar month."
  type        = number
}

variable "currency" {
  description = "The billing account's own."
  type        = string
}

variable "channels" {
  type = list(string)
}
