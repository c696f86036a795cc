variable "project_id" {
  description = "The project whose APIs are enabled."
  type        = string
}

variable "services" {
  description = "Names such as batch.googleapis.com."
  type        = set(string)
}
