# What each of these means, and what is accepted, is said in ../../modules/bioagent/variables.tf, where it is checked.

variable "project_id" {
  description = "The Google Cloud project: my-lab-123."
  type        = string
}

variable "region" {
  type    = string
  default = "us-central1"
}

variable "alert_emails" {
  description = "Who is told when the poll has stopped: [\"ada@lab.org\"]; [] for nobody."
  type        = set(string)
}

variable "users" {
  type    = set(string)
  default = []
}

variable "authors" {
  type    = set(string)
  default = []
}

variable "source_zip" {
  type    = string
  default = "../../../dist/functions.zip"
}

variable "input_buckets" {
  type    = set(string)
  default = []
}

variable "output_bucket" {
  type    = string
  default = null
}

variable "image_repositories" {
  type    = set(string)
  default = []
}

variable "nat" {
  type    = bool
  default = false
}

variable "billing_account" {
  type    = string
  default = null
}

variable "monthly_budget" {
  type    = number
  default = 200
}

variable "currency" {
  type    = string
  default = "USD"
}
