variable "project_id" {
  type = string
}

variable "name" {
  type = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name is 3 to 63 lower case letters, digits, hyphens, dots and underscores."
  }
}

variable "location" {
  type = string
}

variable "protect" {
  description = "A bucket with objects in it is not destroyed."
  type        = bool
}

variable "keep_versions" {
  description = "How many former versions of an object are kept; 0: none."
  type        = number
  default     = 0
}

variable "soft_delete_days" {
  description = "How long deleted and overwritten objects can be had back, and are paid for; null: the provider's 7."
  type        = number
  default     = null
}
